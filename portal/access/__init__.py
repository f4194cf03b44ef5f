"""Who may see and who may do. The only place that knows."""
