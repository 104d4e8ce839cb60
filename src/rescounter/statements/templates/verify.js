"use strict";
// Checks the numbers of this page again, in whole numbers of any size. It trusts nothing that the page
// says about them: sums are made anew from the single debts, and compared with the members and the headline.
const verification = (() => {
  const numbers = (text) => (text === "" ? [] : text.split(" ").map(BigInt));
  const total = (list) => list.reduce((sum, number) => sum + number, 0n);
  const grouped = (count) => count.toString().replace(/\B(?=(\d{3})+(?!\d))/g, ",");

  function decode(content) {
    const network = { ...content, excluded: BigInt(content.excluded), sums: {}, edges: null, levels: null };
    network.fund = content.fund === undefined ? null : BigInt(content.fund); // null: no cash in this currency
    for (const [name, text] of Object.entries(content.sums)) network.sums[name] = numbers(text);
    if (content.levels !== undefined) network.levels = numbers(content.levels);
    if (content.edges) {
      network.edges = [];
      content.edges.forEach((line, debtor) => {
        for (const words of line === "" ? [] : line.split(";")) {
          const [creditor, owed, cleared, excluded, weight] = words.split(" ");
          network.edges.push({
            debtor, creditor: Number(creditor), owed: BigInt(owed),
            cleared: BigInt(cleared === "=" ? owed : cleared), excluded: BigInt(excluded || 0),
            weight: BigInt(weight || 1),
          });
        }
      });
    }
    return network;
  }

  function money(network, minor) {
    const digits = (minor < 0n ? -minor : minor).toString().padStart(network.exponent + 1, "0");
    const whole = network.exponent ? digits.slice(0, -network.exponent) : digits;
    return (minor < 0n ? "-" : "") + grouped(whole) + (network.exponent ? "." + digits.slice(-network.exponent) : "");
  }

  const pair = (network, edge) => `what ${network.members[edge.debtor]} owes ${network.members[edge.creditor]}`;

  function bounds(network) {
    const wrong = network.edges.find((edge) => edge.cleared < 0n || edge.cleared > edge.owed);
    return wrong
      ? [false, `Of ${pair(network, wrong)}, ${money(network, wrong.owed)}, the page clears ${money(network, wrong.cleared)}.`]
      : [true, `Of each of ${grouped(network.edges.length)} debts, no less than nothing and no more than all of it clears.`];
  }

  function conservation(network) {
    const asDebtor = network.members.map(() => 0n), asCreditor = network.members.map(() => 0n);
    for (const edge of network.edges) { asDebtor[edge.debtor] += edge.cleared; asCreditor[edge.creditor] += edge.cleared; }
    if (network.fund !== null) return conservationWithCash(network, asDebtor, asCreditor);
    const wrong = asDebtor.findIndex((minor, member) => minor !== asCreditor[member]);
    return wrong >= 0
      ? [false, `${network.members[wrong]} clears ${money(network, asDebtor[wrong])} as debtor but ${money(network, asCreditor[wrong])} as creditor.`]
      : [true, `Each of ${grouped(network.members.length)} members clears exactly as much as debtor as it clears as creditor, so nobody's net position moves.`];
  }

  function conservationWithCash(network, asDebtor, asCreditor) {
    const { injected, loan, received } = network.sums;
    const wrong = asDebtor.findIndex((minor, member) => minor + received[member] !== asCreditor[member] + injected[member] + loan[member]);
    return wrong >= 0
      ? [false, `${network.members[wrong]} clears ${money(network, asDebtor[wrong])} as debtor and ${money(network, asCreditor[wrong])} as creditor, and its cash does not make up the difference.`]
      : [true, `What each of ${grouped(network.members.length)} members clears more as debtor than as creditor it paid in cash; what it clears less, it received in cash.`];
  }

  function cash(network) {
    const { available, injected, loan, received } = network.sums;
    const wrong = available.findIndex((minor, member) => injected[member] < 0n || injected[member] > minor || loan[member] < 0n || received[member] < 0n);
    if (wrong >= 0) return [false, `${network.members[wrong] || "One of the others"} put in ${money(network, injected[wrong])} where it had ${money(network, available[wrong])}.`];
    if (total(loan) > network.fund) return [false, `The fund lent ${money(network, total(loan))} of ${money(network, network.fund)}.`];
    const drawn = total(injected) + total(loan);
    if (drawn !== total(received)) return [false, `${money(network, drawn)} was drawn and ${money(network, total(received))} received.`];
    return [true, `Nobody put in more than it had, the fund lent no more than it could, and all of the ${money(network, drawn)} drawn was received.`];
  }

  // With cash: each arc of it keeps the rule of its gain too. A capacity of null has no end, so a gain there is a fault.
  function cashSlackness(network) {
    const { available, injected, loan, received } = network.sums;
    const [fund, held] = network.levels.slice(network.members.length);
    const arcs = [["what the fund lent", -2n - held + fund, network.fund, total(loan)]];
    network.members.forEach((name, member) => arcs.push(
      [`what ${name} put in`, -1n - held + network.levels[member], available[member], injected[member]],
      [`what ${name} borrowed`, network.levels[member] - fund, null, loan[member]],
      [`what ${name} received`, held - network.levels[member], null, received[member]]));
    const wrong = arcs.find(([, gain, capacity, minor]) => (gain > 0n && minor !== capacity) || (gain < 0n && minor !== 0n));
    return wrong ? `The rule of the gain is broken by ${wrong[0]}, ${money(network, wrong[3])}: other cash would do better.` : "";
  }

  function slackness(network) {
    let full = 0, none = 0;
    const units = network.fund === null ? 1n : 3n;
    const broken = network.fund === null ? "" : cashSlackness(network);
    if (broken) return [false, broken];
    for (const edge of network.edges) {
      const gain = units * edge.weight - network.levels[edge.debtor] + network.levels[edge.creditor];
      if (gain > 0n && edge.cleared !== edge.owed) return [false, `There is something to gain on ${pair(network, edge)}, and ${money(network, edge.owed - edge.cleared)} of it is not cleared: more could clear.`];
      if (gain < 0n && edge.cleared !== 0n) return [false, `There is something to lose on ${pair(network, edge)}, and ${money(network, edge.cleared)} of it is cleared: more could clear elsewhere.`];
      if (gain > 0n && edge.owed > 0n) full += 1;
      if (gain < 0n && edge.owed > 0n) none += 1;
    }
    return [true, `Nothing larger is possible: all ${grouped(full)} debts with a gain are cleared in full, and of the ${grouped(none)} with a loss nothing is cleared.`];
  }

  function members(network) {
    const fresh = { owes: [], is_owed: [], cleared: [], owes_after: [], is_owed_after: [], ...(network.fund === null ? {} : { cleared_claims: [] }) };
    for (const name of Object.keys(fresh)) fresh[name] = network.members.map(() => 0n);
    const position = network.members.map(() => 0n);
    for (const { debtor, creditor, owed, cleared, excluded } of network.edges) {
      const all = owed + excluded;
      if (fresh.cleared_claims) fresh.cleared_claims[creditor] += cleared;
      fresh.owes[debtor] += all; fresh.is_owed[creditor] += all; fresh.cleared[debtor] += cleared;
      fresh.owes_after[debtor] += all - cleared; fresh.is_owed_after[creditor] += all - cleared;
      position[debtor] -= owed - cleared; position[creditor] += owed - cleared;
    }
    if (network.sums.pay_in) {
      fresh.pay_in = position.map((minor) => (minor < 0n ? -minor : 0n));
      fresh.pay_out = position.map((minor) => (minor > 0n ? minor : 0n));
    }
    for (const [name, column] of Object.entries(fresh)) {
      const wrong = column.findIndex((minor, member) => minor !== network.sums[name][member]);
      if (wrong >= 0) return [false, `The debts of ${network.members[wrong]} add up to ${money(network, column[wrong])} where its own line says ${money(network, network.sums[name][wrong])}.`];
    }
    const keptOut = total(network.edges.map((edge) => edge.excluded));
    if (keptOut !== network.excluded) return [false, `What was kept out adds up to ${money(network, keptOut)}, not to ${money(network, network.excluded)}.`];
    return [true, `The debts add up to the line of every member: what it owed and was owed, cleared, and has left${network.sums.pay_in ? ", and what it pays in or receives" : ""}.`];
  }

  function lines(network) {
    const s = network.sums, claims = s.cleared_claims || s.cleared;
    const wrong = s.owes.findIndex((minor, member) =>
      s.net[member] !== s.is_owed[member] - minor || s.owes_after[member] !== minor - s.cleared[member]
      || s.is_owed_after[member] !== s.is_owed[member] - claims[member]);
    if (wrong >= 0) return [false, `The line of ${network.members[wrong] || "the others"} does not agree with itself.`];
    if (total(s.net) !== 0n) return [false, `Net positions add up to ${money(network, total(s.net))}, not to zero.`];
    const cash = s.pay_in ? ` Pay-ins and pay-outs are the same sum, ${money(network, total(s.pay_in))}.` : "";
    if (s.pay_in && total(s.pay_in) !== total(s.pay_out)) return [false, "Pay-ins and pay-outs are not the same sum."];
    return [true, `All net positions together are exactly zero: nothing was created, nothing lost.${cash}`];
  }

  function headline(network, shown) {
    const s = network.sums;
    const fresh = { gross: total(s.owes), cleared: total(s.cleared), residual: total(s.owes_after) };
    if (s.pay_in) { fresh.pay_in = total(s.pay_in); fresh.cash_saved = fresh.gross - network.excluded - fresh.pay_in - (s.injected ? total(s.injected) + total(s.loan) : 0n); }
    for (const [name, text] of Object.entries(shown)) {
      if (name in fresh && money(network, fresh[name]) !== text) return [false, `The headline says ${text} where the members add up to ${money(network, fresh[name])}.`];
    }
    return [true, `The headline agrees to the last unit: ${Object.values(shown).join("; ")}.`];
  }

  // Every check of one currency, as {name, ok, words}; `shown` holds the texts of the headline by name.
  function check(network, shown) {
    const checks = network.edges
      ? [["Bounds", bounds], ["Balance", conservation], ...(network.fund === null ? [] : [["Cash", cash]]), ...(network.levels ? [["Optimum", slackness]] : []), ["Members", members]]
      : [];
    checks.push(["Zero sum", lines], ["Headline", (one) => headline(one, shown)]);
    return checks.map(([name, run]) => { const [ok, words] = run(network); return { name, ok, words }; });
  }

  // A copy in which one unit more (or less) of one debt is said to clear.
  function plantUnit(network, turn) {
    if (!network.edges) return plantInSums(network);
    const edges = network.edges.map((edge) => ({ ...edge }));
    const candidates = edges.filter((edge) => edge.owed > 1n && edge.cleared < edge.owed && edge.cleared > 0n);
    const pool = candidates.length ? candidates : edges.filter((edge) => edge.owed > 0n);
    if (!pool.length) return null;
    const edge = pool[(turn * 7919) % pool.length];
    edge.cleared += edge.cleared < edge.owed ? 1n : -1n;
    return [{ ...network, edges }, `In a copy, ${pair(network, edge)} clears ${money(network, edge.cleared)}, one smallest unit ${edge.cleared > network.edges[edges.indexOf(edge)].cleared ? "more" : "less"} than before.`];
  }

  function plantInSums(network) {
    if (!network.members.length) return null;
    const cleared = [...network.sums.cleared];
    cleared[0] += 1n;
    return [{ ...network, sums: { ...network.sums, cleared } }, `In a copy, ${network.members[0]} clears ${money(network, cleared[0])}, one smallest unit more than before.`];
  }

  // A copy in which one unit is undone round a whole circuit and all sums are made to agree: only the optimum tells.
  function plantCircuit(network) {
    const edges = network.edges.map((edge) => ({ ...edge }));
    const next = new Map();
    let open = edges.filter((edge) => edge.cleared > 0n), before = -1; // what leads nowhere lies on a chain that cash cleared
    while (open.length !== before) { before = open.length; const debtors = new Set(open.map((edge) => edge.debtor)); open = open.filter((edge) => debtors.has(edge.creditor)); }
    for (const edge of open) if (!next.has(edge.debtor)) next.set(edge.debtor, edge);
    if (!next.size) return null;
    const path = [], seen = new Map();
    let member = next.keys().next().value;
    while (!seen.has(member)) { seen.set(member, path.length); path.push(next.get(member)); member = next.get(member).creditor; }
    const circuit = path.slice(seen.get(member));
    const sums = Object.fromEntries(Object.entries(network.sums).map(([name, column]) => [name, [...column]]));
    for (const edge of circuit) {
      edge.cleared -= 1n;
      sums.cleared[edge.debtor] -= 1n; sums.owes_after[edge.debtor] += 1n; sums.is_owed_after[edge.creditor] += 1n;
      if (sums.cleared_claims) sums.cleared_claims[edge.creditor] -= 1n;
    }
    const names = circuit.map((edge) => network.members[edge.debtor]);
    return [{ ...network, edges, sums }, `In a copy, one smallest unit is undone round ${names.join(" → ")} → ${names[0]}, and every sum is made to agree again.`];
  }

  return { decode, check, money, total, plantUnit, plantCircuit };
})();
