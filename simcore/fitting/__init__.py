"""How the floors were found: a search for the plans of `reflex`, a fit for the map of `keyword`; on train seeds."""
