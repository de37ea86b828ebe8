"""The report of a study: what it holds (`document`) and how it is set (`page`)."""
