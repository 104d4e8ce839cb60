"use strict";
// What the page does beside being read: show one member's debts, sort, and verify its own numbers.
(() => {
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  const element = (name, text, className) => { const made = document.createElement(name); made.textContent = text; if (className) made.className = className; return made; };

  function network(figure) {
    const select = figure.querySelector(".pick"), readout = figure.querySelector(".readout"), silent = readout.textContent;
    const show = (member) => {
      for (const chord of all(".chord", figure)) {
        chord.classList.toggle("has-pick", member !== "");
        for (const ribbon of all(".r", chord)) ribbon.classList.toggle("on", ribbon.dataset.u === member || ribbon.dataset.v === member);
        for (const arc of all(".member", chord)) arc.classList.toggle("on", arc.dataset.m === member);
      }
      const option = [...select.options].find((one) => one.value === member);
      readout.textContent = member === "" ? silent : option.dataset.text;
    };
    select.addEventListener("change", () => show(select.value));
    for (const arc of all(".member", figure)) {
      arc.addEventListener("pointerenter", () => show(arc.dataset.m));
      arc.addEventListener("pointerleave", () => show(select.value));
      arc.addEventListener("click", () => { select.value = select.value === arc.dataset.m ? "" : arc.dataset.m; show(select.value); });
    }
    const panels = figure.querySelector(".panels"), switches = all(".switch button", figure);
    for (const button of switches) button.addEventListener("click", () => {
      panels.dataset.shown = button.dataset.show;
      for (const one of switches) one.setAttribute("aria-pressed", String(one === button));
    });
  }

  function sortable(table) {
    const value = {
      relief: (row) => [BigInt(row.dataset.relief), 1n], owes: (row) => [BigInt(row.dataset.owes), 1n],
      still: (row) => [BigInt(row.dataset.still), 1n], share: (row) => [BigInt(row.dataset.relief), BigInt(row.dataset.owes)],
    };
    for (const head of all("th[data-sort]", table)) {
      const button = element("button", head.textContent);
      button.type = "button";
      head.replaceChildren(button);
      button.addEventListener("click", () => {
        const up = head.getAttribute("aria-sort") === "descending";
        for (const other of all("th[aria-sort]", table)) other.removeAttribute("aria-sort");
        head.setAttribute("aria-sort", up ? "ascending" : "descending");
        const key = value[head.dataset.sort];
        const rows = all("tbody tr", table).sort((a, b) => {
          const [p, q] = key(a), [r, s] = key(b), difference = p * s - r * q;
          return (difference === 0n ? 0 : difference > 0n ? -1 : 1) * (up ? -1 : 1);
        });
        table.tBodies[0].append(...rows);
      });
    }
  }

  const read = () => JSON.parse(document.getElementById("evidence").textContent).currencies.map(verification.decode);
  const verdict = document.getElementById("verdict");

  function shownFor(network) {
    const chapter = all("[data-currency]").find((one) => one.dataset.currency === network.code);
    return Object.fromEntries(chapter ? all("[data-figure]", chapter).map((one) => [one.dataset.figure, one.textContent]) : []);
  }

  function listOf(checks, code) {
    const list = element("ol", "");
    for (const check of checks) {
      const item = element("li", "");
      item.append(element("b", check.ok ? "Holds" : "Fails", check.ok ? "good" : "bad"), element("span", (code ? `${code}. ` : "") + check.words));
      item.dataset.check = check.name;
      item.dataset.ok = String(check.ok);
      list.append(item);
    }
    return list;
  }

  // Whether all of it holds, what to say, and a list of checks for each currency.
  function verifyAll() {
    let evidence;
    try { evidence = read(); } catch (fault) { return [false, `The numbers of this page cannot be read: do not rely on it. (${fault.message})`, []]; }
    const results = evidence.map((one) => [one, verification.check(one, shownFor(one))]);
    const sound = results.every(([, checks]) => checks.every((check) => check.ok));
    const count = results.reduce((sum, [one]) => sum + (one.edges ? one.edges.length : 0), 0);
    const whole = results.every(([one]) => one.edges);
    const words = !sound ? "Something is wrong: do not rely on this page." : whole
      ? `Verified in this browser: ${count.toLocaleString("en")} debts, added up again one by one.`
      : "The sums agree. That nothing larger is possible was not checked for all of it: use rescounter verify.";
    return [sound, words, results.map(([one, checks]) => listOf(checks, evidence.length > 1 ? one.code : ""))];
  }

  const say = ([sound, words, lists]) => verdict.replaceChildren(element("p", words, sound ? "good" : "bad"), ...lists);

  let turn = 0;
  function plant(kind) {
    const again = verifyAll();
    if (!again[0]) return say(again);
    const evidence = read();
    const network = evidence.find((one) => one.edges && one.edges.some((edge) => edge.cleared > 0n)) || evidence[0];
    const planted = kind === "unit" ? verification.plantUnit(network, turn++) : verification.plantCircuit(network);
    if (!planted) return verdict.replaceChildren(element("p", "There is nothing here to change."));
    const [copy, story] = planted;
    const shown = { ...shownFor(network) };
    if (kind === "circuit") {
      if ("cleared" in shown) shown.cleared = verification.money(copy, verification.total(copy.sums.cleared));
      if ("residual" in shown) shown.residual = verification.money(copy, verification.total(copy.sums.owes_after));
    }
    const checks = verification.check(copy, shown);
    const caught = checks.some((check) => !check.ok);
    verdict.replaceChildren(
      element("p", story), element("p", caught ? "Caught." : "Not caught.", caught ? "good" : "bad"), listOf(checks),
      element("p", "The copy is thrown away. The numbers of this page itself hold: they were checked too.", "good"));
  }

  for (const figure of all("figure.network")) network(figure);
  for (const table of all("table.gains")) sortable(table);
  const actions = document.querySelector(".actions");
  if (actions) {
    actions.hidden = false;
    document.getElementById("verify").addEventListener("click", () => say(verifyAll()));
    for (const button of all("[data-fault]")) button.addEventListener("click", () => plant(button.dataset.fault));
  }
})();
