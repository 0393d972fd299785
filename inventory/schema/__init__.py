"""The OpenAPI schema: made from the views, kept as docs/openapi.json, served at /api/schema."""
