"""Tables and bundles of structures as people send them."""
