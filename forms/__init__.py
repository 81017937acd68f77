"""XLSForm bytes in, compiled forms out. Pure: no database, no HTTP, no clock, no environment."""
