"""Methods side by side: tuned with the same budget, judged on what no method has seen."""
