"""The guarantee: worked examples, and laws on random layers, losses and recoveries."""
