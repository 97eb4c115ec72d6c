"""One import name: `wiredesk.worker`, `wiredesk.tasks`, `wiredesk.schema`; producers import `wiredesk.client`.

The three folders stand at the top of the repository; the links beside this file put them into the package, for a wheel
and for an editable install alike.
"""
