"""What every room stands on: settings, errors, clock, database, log, texts. Holds no business word."""
