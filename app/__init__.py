"""The service: HTTP routes, the services behind them, and the store of users' feedback."""
