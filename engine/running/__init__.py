"""Instances in the database: actions, plans, jobs, workers."""
