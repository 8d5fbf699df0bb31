"""One thin file per verb: what it takes and which stages it calls. No stage imports this package."""
