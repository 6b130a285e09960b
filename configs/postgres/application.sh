#!/bin/sh
# Run once, by the image of PostgreSQL, in a new volume: the catalogue's role owns its database and may do nothing else. Who may
# do everything, `postgres`, has no password and so comes in only within the container.
set -eu
psql --set ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname postgres <<'END'
\getenv password POSTGRES_PASSWORD
CREATE ROLE lessonstream LOGIN PASSWORD :'password';
CREATE DATABASE lessonstream OWNER lessonstream;
ALTER ROLE postgres PASSWORD NULL;
END
