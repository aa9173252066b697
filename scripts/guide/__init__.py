"""The guide: `docs/` as a site that the service serves at `/guide`, without any network."""
