"""From milliseconds to hours: closures that stand for circuits in the slow field, built from them and checked against them."""
