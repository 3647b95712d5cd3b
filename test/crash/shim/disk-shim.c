/*
 * Preloaded into a process, this watches what it does to the files of one folder, from outside of SQLite and Node:
 * every write, truncation, sync, rename and removal is noted in order, with its data. It can also make the Nth of them
 * fail, or end the process there.
 *
 *   DISK_SHIM_FOLDER  the folder to watch; paths elsewhere are left alone
 *   DISK_SHIM_LOG     where to note; not inside the folder
 *   DISK_SHIM_KILL    end the process before this operation, counted from 1
 *   DISK_SHIM_FAIL    make this operation fail
 *   DISK_SHIM_SYNCS   set: for DISK_SHIM_FAIL only syncs count
 *   DISK_SHIM_ERROR   with this errno; -1 makes a write short instead
 *   DISK_SHIM_FOREVER set: every later operation fails, too
 *
 * A note is a line "KIND LENGTH OFFSET PATH" followed by LENGTH bytes of data. What is written to descriptor 1 is noted
 * as "ack", so that the log tells what was on disk at each acknowledgement.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static const char *folder;
static size_t folder_length;
static int log_descriptor = -1;
static long kill_at, fail_at, fail_errno, operations;
static int fail_forever, fail_syncs_only;

static long number(const char *name) {
  const char *text = getenv(name);
  return text == NULL ? 0 : atol(text);
}

__attribute__((constructor)) static void start(void) {
  const char *log = getenv("DISK_SHIM_LOG");
  folder = getenv("DISK_SHIM_FOLDER");
  if (folder == NULL) return;
  folder_length = strlen(folder);
  kill_at = number("DISK_SHIM_KILL");
  fail_at = number("DISK_SHIM_FAIL");
  fail_errno = number("DISK_SHIM_ERROR");
  fail_forever = getenv("DISK_SHIM_FOREVER") != NULL;
  fail_syncs_only = getenv("DISK_SHIM_SYNCS") != NULL;
  if (log != NULL) log_descriptor = syscall(SYS_openat, AT_FDCWD, log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
}

static int watched(const char *path) {
  return folder != NULL && strncmp(path, folder, folder_length) == 0;
}

static int watched_descriptor(int descriptor, char *path) {
  char link[64];
  if (folder == NULL) return 0;
  snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
  ssize_t length = syscall(SYS_readlinkat, AT_FDCWD, link, path, PATH_MAX - 1);
  if (length < 0) return 0;
  path[length] = 0;
  return watched(path);
}

static void note(const char *kind, const char *path, const void *data, size_t length, long long offset) {
  char head[PATH_MAX + 96];
  struct iovec parts[2];
  if (log_descriptor < 0) return;
  int head_length = snprintf(head, sizeof head, "%s %zu %lld %s\n", kind, length, offset, path);
  parts[0].iov_base = head;
  parts[0].iov_len = head_length;
  parts[1].iov_base = (void *)data;
  parts[1].iov_len = length;
  if (syscall(SYS_writev, log_descriptor, parts, length > 0 ? 2 : 1) < 0) abort();
}

enum call { CALL_WRITE, CALL_SYNC, CALL_OTHER };
enum verdict { GO_ON, FAIL, CUT_SHORT };

/* Counts an operation and says what is to become of it. */
static enum verdict judge(enum call call) {
  static long candidates;
  if (++operations == kill_at) syscall(SYS_kill, getpid(), SIGKILL);
  if (fail_at == 0 || (fail_syncs_only && call != CALL_SYNC)) return GO_ON;
  candidates++;
  if (candidates < fail_at || (candidates > fail_at && !fail_forever)) return GO_ON;
  if (fail_errno < 0) return call == CALL_WRITE ? CUT_SHORT : GO_ON;
  errno = (int)fail_errno;
  return FAIL;
}

static ssize_t do_write(int descriptor, const void *data, size_t length, long long offset, int positioned) {
  char path[PATH_MAX];
  if (!positioned && descriptor == 1 && folder != NULL) note("ack", "-", data, length, 0);
  if (!watched_descriptor(descriptor, path)) {
    return positioned ? syscall(SYS_pwrite64, descriptor, data, length, offset) : syscall(SYS_write, descriptor, data, length);
  }
  pthread_mutex_lock(&lock);
  enum verdict decided = judge(CALL_WRITE);
  size_t part = decided == CUT_SHORT && length > 1 ? length / 2 : length;
  long long at = positioned ? offset : (long long)syscall(SYS_lseek, descriptor, 0, SEEK_CUR);
  ssize_t written = -1;
  if (decided != FAIL) {
    written = positioned ? syscall(SYS_pwrite64, descriptor, data, part, offset) : syscall(SYS_write, descriptor, data, part);
    if (written > 0) note("write", path, data, written, at);
  }
  pthread_mutex_unlock(&lock);
  return written;
}

ssize_t pwrite64(int descriptor, const void *data, size_t length, off64_t offset) {
  return do_write(descriptor, data, length, offset, 1);
}

ssize_t pwrite(int descriptor, const void *data, size_t length, off_t offset) {
  return do_write(descriptor, data, length, offset, 1);
}

ssize_t write(int descriptor, const void *data, size_t length) {
  return do_write(descriptor, data, length, 0, 0);
}

static int do_sync(int descriptor, long call) {
  char path[PATH_MAX];
  if (!watched_descriptor(descriptor, path)) return syscall(call, descriptor);
  pthread_mutex_lock(&lock);
  int result = judge(CALL_SYNC) == FAIL ? -1 : (int)syscall(call, descriptor);
  note(result == 0 ? "sync" : "failed-sync", path, NULL, 0, 0);
  pthread_mutex_unlock(&lock);
  return result;
}

int fsync(int descriptor) {
  return do_sync(descriptor, SYS_fsync);
}

int fdatasync(int descriptor) {
  return do_sync(descriptor, SYS_fdatasync);
}

static int do_truncate(int descriptor, long long length) {
  char path[PATH_MAX];
  if (!watched_descriptor(descriptor, path)) return syscall(SYS_ftruncate, descriptor, length);
  pthread_mutex_lock(&lock);
  int result = judge(CALL_OTHER) == FAIL ? -1 : (int)syscall(SYS_ftruncate, descriptor, length);
  if (result == 0) note("truncate", path, NULL, 0, length);
  pthread_mutex_unlock(&lock);
  return result;
}

int ftruncate64(int descriptor, off64_t length) {
  return do_truncate(descriptor, length);
}

int ftruncate(int descriptor, off_t length) {
  return do_truncate(descriptor, length);
}

int rename(const char *from, const char *to) {
  if (!watched(to)) return syscall(SYS_renameat, AT_FDCWD, from, AT_FDCWD, to);
  pthread_mutex_lock(&lock);
  int result = judge(CALL_OTHER) == FAIL ? -1 : (int)syscall(SYS_renameat, AT_FDCWD, from, AT_FDCWD, to);
  if (result == 0) note("rename", to, from, strlen(from), 0);
  pthread_mutex_unlock(&lock);
  return result;
}

int unlink(const char *path) {
  if (!watched(path)) return syscall(SYS_unlinkat, AT_FDCWD, path, 0);
  pthread_mutex_lock(&lock);
  int result = judge(CALL_OTHER) == FAIL ? -1 : (int)syscall(SYS_unlinkat, AT_FDCWD, path, 0);
  if (result == 0) note("unlink", path, NULL, 0, 0);
  pthread_mutex_unlock(&lock);
  return result;
}
