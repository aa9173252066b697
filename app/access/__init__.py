"""Who may call what: API keys for servers, user tokens for browsers."""
