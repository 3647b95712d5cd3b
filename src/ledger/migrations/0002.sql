-- The state of each project after its last event. `path` is the real path, and a path is added once.
CREATE TABLE projects (
  project_id TEXT PRIMARY KEY,
  path TEXT NOT NULL UNIQUE,
  version INTEGER NOT NULL,
  state TEXT NOT NULL
) STRICT, WITHOUT ROWID;
