"""Persons, their identities, officers and bans."""
