"""Rows to rehearse on, made from nothing but the catalog."""
