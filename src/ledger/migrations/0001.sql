-- The record itself. `payload` and `salt` are NULL once the payload has been erased; the chain stays verifiable, because
-- `hash` covers `payloadHash` and not the payload. Salts and hashes are lower-case hexadecimal; event-hash.ts says what
-- they are taken over.
CREATE TABLE events (
  seq INTEGER PRIMARY KEY,
  stream TEXT NOT NULL,
  version INTEGER NOT NULL,
  type TEXT NOT NULL,
  schemaVersion INTEGER NOT NULL,
  at INTEGER NOT NULL,
  actor TEXT NOT NULL,
  causation TEXT NOT NULL,
  salt TEXT,
  payload TEXT,
  payloadHash TEXT NOT NULL,
  prevHash TEXT NOT NULL,
  hash TEXT NOT NULL,
  UNIQUE (stream, version)
) STRICT;

-- The state of each thread after its last event, as decisions and lists need it. `state` is the whole of it; the other
-- columns are taken from it for queries.
CREATE TABLE threads (
  thread_id TEXT PRIMARY KEY,
  project_path TEXT NOT NULL,
  agent TEXT NOT NULL,
  title TEXT NOT NULL,
  status TEXT NOT NULL,
  turns INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  agent_thread_id TEXT,
  agent_home TEXT,
  active_turn_id TEXT,
  version INTEGER NOT NULL,
  state TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX threads_by_project ON threads (project_path);
CREATE INDEX threads_unfinished ON threads (active_turn_id) WHERE active_turn_id IS NOT NULL;

-- What each command came to. A command without events has no first and last seq.
CREATE TABLE receipts (
  command_id TEXT PRIMARY KEY,
  stream TEXT NOT NULL,
  first_seq INTEGER,
  last_seq INTEGER,
  at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Side effects that recorded events call for, by the seq of their event.
CREATE TABLE outbox (
  seq INTEGER PRIMARY KEY,
  stream TEXT NOT NULL,
  kind TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('pending', 'started', 'done', 'retired', 'unknown'))
) STRICT;
CREATE INDEX outbox_unsettled ON outbox (seq) WHERE state IN ('pending', 'started');

-- Text of items that are still being streamed. `text` is a JSON string: a checkpoint may cut a surrogate pair in two.
CREATE TABLE turn_partials (
  turn_id TEXT NOT NULL,
  item_id TEXT NOT NULL,
  segment INTEGER NOT NULL,
  kind TEXT NOT NULL,
  text TEXT NOT NULL,
  updated_at INTEGER NOT NULL,
  PRIMARY KEY (turn_id, item_id, segment)
) STRICT, WITHOUT ROWID;

-- Child processes: the intent before the spawn, then what was started, then how it ended.
CREATE TABLE processes (
  process_id TEXT PRIMARY KEY,
  runtime_id TEXT NOT NULL,
  marker TEXT NOT NULL,
  command TEXT NOT NULL,
  intended_at INTEGER NOT NULL,
  pid INTEGER,
  start_time TEXT,
  boot_id TEXT,
  started_at INTEGER,
  ended_at INTEGER,
  exit_code INTEGER,
  signal TEXT
) STRICT, WITHOUT ROWID;
CREATE INDEX processes_unfinished ON processes (intended_at) WHERE ended_at IS NULL;

CREATE TABLE meta (
  key TEXT PRIMARY KEY,
  value TEXT NOT NULL
) STRICT, WITHOUT ROWID;
