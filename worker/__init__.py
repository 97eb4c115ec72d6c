"""How wiredesk runs: effects at the top of this folder, pure code one level down in `worker.news`."""
