// What the machine itself takes: for each figure one line of JSON, times in picoseconds, as the other peers have it.
// cc -O2 floor.c -o floor && ./floor DIRECTORY
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
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

int main(int count, char **words) {
    const char *directory = count > 1 ? words[1] : ".";
    // A record of one event of 256 bytes, with its frame, is about this long.
    appends(directory, "append and flush, 350 bytes", 350, 1000);
    sequence(directory, "300 bytes of a sequence", 300);
    return 0;
}
