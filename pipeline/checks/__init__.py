"""The science: findings about entries, one module a family of checks."""
