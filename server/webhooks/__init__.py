"""Webhooks over HTTP: the sender, which addresses it may tell, and the routes that manage them."""
