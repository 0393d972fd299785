"""docs/deploying.md, followed."""
