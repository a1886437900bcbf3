"""Who keeps keys or stamps outside: the token with its process and clients, time stamps."""
