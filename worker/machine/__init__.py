"""`wiredesk up`: embedded servers and the processes of the services on one machine."""
