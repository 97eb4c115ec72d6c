"""What people do with the running desk: judge its health, edit feeds, close rejections. Commands and pages call it."""
