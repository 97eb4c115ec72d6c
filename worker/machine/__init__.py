"""Running everything on one machine (`wiredesk up`): embedded servers, processes, and the services they are."""
