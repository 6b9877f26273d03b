// What the machine itself takes: for each figure one line of JSON, times in picoseconds, as the other peers have it.
// cc -O2 -pthread floor.c -o floor && ./floor DIRECTORY
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

static unsigned long long now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (unsigned long long)t.tv_sec * 1000000000ull + (unsigned long long)t.tv_nsec;
}

static void fail(const char *what) {
    perror(what);
    exit(1);
}

static int fresh(const char *directory, char *path, size_t size) {
    snprintf(path, size, "%s/floor.tmp", directory);
    unlink(path);
    int file = open(path, O_CREAT | O_WRONLY | O_TRUNC, 0644);
    if (file < 0) fail("open");
    return file;
}

// One append after the other, each flushed before the next.
static void appends(const char *directory, const char *name, size_t size, int count) {
    char path[4096];
    int file = fresh(directory, path, sizeof path);
    char *bytes = malloc(size);
    if (!bytes) fail("malloc");
    memset(bytes, 'x', size);
    printf("{\"name\": \"%s\", \"figure\": \"Operation\", \"samples\": [", name);
    for (int i = -50; i < count; i++) {
        unsigned long long begin = now();
        if (write(file, bytes, size) != (ssize_t)size) fail("write");
        if (fdatasync(file)) fail("fdatasync");
        if (i >= 0) printf("%s%llu", i ? ", " : "", (now() - begin) * 1000);
    }
    printf("]}\n");
    free(bytes);
    close(file);
    unlink(path);
}

// What a sequence of large writes takes for each `size` bytes of it, flushed once.
static void sequence(const char *directory, const char *name, size_t size) {
    enum { piece = 1 << 20, pieces = 256, repetitions = 5 };
    char path[4096];
    char *bytes = malloc(piece);
    if (!bytes) fail("malloc");
    memset(bytes, 'x', piece);
    printf("{\"name\": \"%s\", \"figure\": \"Operation\", \"samples\": [", name);
    for (int r = -1; r < repetitions; r++) {
        int file = fresh(directory, path, sizeof path);
        unsigned long long begin = now();
        for (int i = 0; i < pieces; i++)
            if (write(file, bytes, piece) != piece) fail("write");
        if (fdatasync(file)) fail("fdatasync");
        unsigned long long time = now() - begin;
        double share = (double)size / ((double)piece * pieces);
        if (r >= 0) printf("%s%.0f", r ? ", " : "", (double)time * 1000 * share);
        close(file);
    }
    printf("]}\n");
    free(bytes);
    unlink(path);
}

enum { message = 64 };

static int receive(int socket, char *bytes) {
    size_t got = 0;
    while (got < message) {
        ssize_t more = read(socket, bytes + got, message - got);
        if (more < 0) fail("read");
        if (more == 0) return 0;
        got += (size_t)more;
    }
    return 1;
}

// Sends back what comes, until the other side has gone.
static void *answer(void *listening) {
    char bytes[message];
    int socket = accept(*(int *)listening, NULL, NULL);
    if (socket < 0) fail("accept");
    int now_not_later = 1;
    setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &now_not_later, sizeof now_not_later);
    while (receive(socket, bytes))
        if (write(socket, bytes, message) != message) fail("write");
    close(socket);
    return NULL;
}

// To another thread and back, one message after the other.
static void round_trips(const char *name, int family, struct sockaddr *address, socklen_t size, int count) {
    int listening = socket(family, SOCK_STREAM, 0), calling = socket(family, SOCK_STREAM, 0);
    if (listening < 0 || calling < 0) fail("socket");
    if (bind(listening, address, size) || listen(listening, 1)) fail("bind");
    // The port that the system has chosen.
    if (getsockname(listening, address, &size)) fail("getsockname");
    pthread_t thread;
    if (pthread_create(&thread, NULL, answer, &listening)) fail("pthread_create");
    if (connect(calling, address, size)) fail("connect");
    int now_not_later = 1;
    setsockopt(calling, IPPROTO_TCP, TCP_NODELAY, &now_not_later, sizeof now_not_later);
    char bytes[message];
    memset(bytes, 'x', message);
    printf("{\"name\": \"%s\", \"figure\": \"Operation\", \"samples\": [", name);
    for (int i = -100; i < count; i++) {
        unsigned long long begin = now();
        if (write(calling, bytes, message) != message) fail("write");
        if (!receive(calling, bytes)) fail("the other side has gone");
        if (i >= 0) printf("%s%llu", i ? ", " : "", (now() - begin) * 1000);
    }
    printf("]}\n");
    close(calling);
    pthread_join(thread, NULL);
    close(listening);
}

static void sockets(const char *directory) {
    struct sockaddr_in loopback = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    round_trips("round trip by TCP on loopback", AF_INET, (struct sockaddr *)&loopback, sizeof loopback, 20000);
    struct sockaddr_un local = {.sun_family = AF_UNIX};
    snprintf(local.sun_path, sizeof local.sun_path, "%s/floor.socket", directory);
    unlink(local.sun_path);
    round_trips("round trip by a Unix socket", AF_UNIX, (struct sockaddr *)&local, sizeof local, 20000);
    unlink(local.sun_path);
}

int main(int count, char **words) {
    const char *directory = count > 1 ? words[1] : ".";
    // A record of one event of 256 bytes, with its frame, is about this long.
    appends(directory, "append and flush, 350 bytes", 350, 1000);
    sequence(directory, "300 bytes of a sequence", 300);
    sockets(directory);
    return 0;
}
