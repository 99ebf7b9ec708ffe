"""A release tagged in its repository: version, changelog, folder to upload."""
