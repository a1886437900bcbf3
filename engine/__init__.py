"""How it happens: diagrams run by SpiffWorkflow, their tasks, jobs, timers and incidents."""
