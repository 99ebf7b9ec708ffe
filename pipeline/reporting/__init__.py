"""What people read: statistics, figures, the page, the formats of findings."""
