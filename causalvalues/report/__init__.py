"""What people look at: figures, and in time the viewer and the study report."""
