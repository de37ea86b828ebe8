"""Studies: from a study.yaml to answers, scores, graph and figures, in a folder that resumes."""
