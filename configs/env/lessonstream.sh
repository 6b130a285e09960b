#!/bin/sh
# The `lessonstream` command inside the image.
exec /opt/lessonstream/environment/bin/python -P -m media_service.cli.main "$@"
