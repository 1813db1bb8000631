/** The embedded server's configuration file, written anew at every start. */

export interface ServerSettings {
  /** Folder of the Unix socket; undefined on Windows, which listens on the loopback port. */
  readonly socketFolder: string | undefined
  readonly port: number
  /** Tests only: no flush to disk. */
  readonly unsafe: boolean
}

const quote = (text: string): string => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "''")}'`

export function serverSettings({ socketFolder, port, unsafe }: ServerSettings): string {
  const durable = unsafe ? 'off' : 'on'
  return `# Written by EnterpriseHub at every start; changes are lost.
port = ${port}
listen_addresses = ${quote(socketFolder === undefined ? '127.0.0.1' : '')}
unix_socket_directories = ${quote(socketFolder ?? '')}
unix_socket_permissions = 0700
password_encryption = 'scram-sha-256'
max_connections = 60

# An acknowledged event is on disk.
fsync = ${durable}
synchronous_commit = ${durable}
full_page_writes = ${durable}

# Modest memory: the whole product stays below 1 GB.
shared_buffers = 128MB
work_mem = 8MB
maintenance_work_mem = 64MB
effective_cache_size = 1GB
huge_pages = off
jit = off
# Containers often give /dev/shm 64 MB only.
max_parallel_workers_per_gather = 1

# Long, even checkpoints: no bursts of writing under the events.
checkpoint_timeout = 15min
checkpoint_completion_target = 0.9
max_wal_size = 2GB
min_wal_size = 160MB
random_page_cost = 1.1
# An import fills empty tables: their plans should not stay those of empty tables for long.
autovacuum_naptime = 15s
# Its work is spread, and samples a quarter of the usual rows: with two processors half a second
# of statistics would stand in the way of events.
autovacuum_vacuum_cost_delay = 5ms
default_statistics_target = 25
wal_level = minimal
max_wal_senders = 0

# Statements and their values hold personal data: they stay out of the log.
log_min_messages = log
log_min_error_statement = panic
log_error_verbosity = terse
log_parameter_max_length = 0
log_parameter_max_length_on_error = 0
log_checkpoints = off
log_line_prefix = '%m [%p] '
log_timezone = 'UTC'
timezone = 'UTC'
lc_messages = 'C'
default_text_search_config = 'pg_catalog.english'
`
}
