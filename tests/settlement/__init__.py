"""Settlement: tables that an accountant can check by hand, and laws on random unions."""
