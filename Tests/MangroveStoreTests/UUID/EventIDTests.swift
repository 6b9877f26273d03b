import Testing

@testable import MangroveStore

@Suite("Event ids")
struct EventIDTests {
    @Test("A UUID is read in any case and written in lower case")
    func canonicalForm() throws {
        let id = try #require(EventID("6BA7b810-9dad-11D1-80b4-00C04FD430c8"))
        #expect(id.description == "6ba7b810-9dad-11d1-80b4-00c04fd430c8")
        #expect(EventID(id.description) == id)
        #expect(id == EventID(high: 0x6ba7_b810_9dad_11d1, low: 0x80b4_00c0_4fd4_30c8))
        #expect(EventID(high: 0, low: 0).description == "00000000-0000-0000-0000-000000000000")
        #expect(EventID(high: .max, low: .max).description == "ffffffff-ffff-ffff-ffff-ffffffffffff")
    }

    @Test(
        "Other spellings are not UUIDs",
        arguments: [
            "", "6ba7b810", "6ba7b8109dad11d180b400c04fd430c8", "{6ba7b810-9dad-11d1-80b4-00c04fd430c8}",
            "6ba7b810-9dad-11d1-80b4-00c04fd430c", "6ba7b810-9dad-11d1-80b4-00c04fd430c8a",
            "6ba7b810-9dad-11d1-80b4-00c04fd430cg", "6ba7b810_9dad-11d1-80b4-00c04fd430c8",
            "6ba7b81-09dad-11d1-80b4-00c04fd430c8", " 6ba7b810-9dad-11d1-80b4-00c04fd430c8",
            "------------------------------------",
        ]
    )
    func otherSpellings(_ text: String) {
        #expect(EventID(text) == nil)
    }

    @Test(
        "Derived ids are UUIDs of version 5 over the lengths and bytes of store, stream and text",
        arguments: [
            ("orders", "order-1", "first", "abf8dd8e-903c-5d9f-ab3c-3dc3eab22a08"),
            ("", "", "", "e091f283-7377-54e6-86b4-4729becbe950"),
            ("a", "bc", "d", "44356ca8-d614-5c8a-ab14-75183d4ba094"),
            ("ab", "c", "d", "1bb902ac-e855-558c-bc5e-e733b566252e"),
            ("läden", "日本", "🎉", "f36aaa17-a399-54dc-a243-3e01e2d2f659"),
        ]
    )
    func derived(_ store: String, _ stream: String, _ text: String, _ expected: String) {
        #expect(EventID(derivedFrom: text, stream: stream, store: store).description == expected)
    }

    @Test("A name that is a UUID is that UUID, and any other is derived")
    func naming() {
        let text = "6BA7B810-9DAD-11D1-80B4-00C04FD430C8"
        #expect(EventID(naming: text, stream: "s", store: "t") == EventID(text))
        #expect(EventID(naming: "x", stream: "s", store: "t") == EventID(derivedFrom: "x", stream: "s", store: "t"))
        #expect(EventID(naming: "x", stream: "s", store: "t") != EventID(naming: "x", stream: "s", store: "u"))
    }

    @Test("Random ids are marked as version 4 and keep the other bits")
    func random() {
        #expect(EventID(randomHigh: .max, low: .max).description == "ffffffff-ffff-4fff-bfff-ffffffffffff")
        #expect(EventID(randomHigh: 0, low: 0).description == "00000000-0000-4000-8000-000000000000")
    }
}

@Suite("SHA-1")
struct SHA1Tests {
    private func hex(_ message: [UInt8]) -> String {
        String(
            decoding: SHA1.digest(message).flatMap { [hexadecimalDigit($0 >> 4), hexadecimalDigit($0)] },
            as: UTF8.self
        )
    }

    @Test(
        "The published vectors come out",
        arguments: [
            ("", "da39a3ee5e6b4b0d3255bfef95601890afd80709"), ("abc", "a9993e364706816aba3e25717850c26c9cd0d89d"),
            (
                "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", "84983e441c3bd26ebaae4aa1f95129e5e54670f1"
            ),
        ]
    )
    func vectors(_ message: String, _ digest: String) {
        #expect(hex(Array(message.utf8)) == digest)
    }

    @Test(
        "Messages around the ends of blocks are padded right",
        arguments: [
            (55, "c1c8bbdc22796e28c0e15163d20899b65621d65a"), (56, "c2db330f6083854c99d4b5bfb6e8f29f201be699"),
            (57, "f08f24908d682555111be7ff6f004e78283d989a"), (63, "03f09f5b158a7a8cdad920bddc29b81c18a551f5"),
            (64, "0098ba824b5c16427bd7a1122a5a442a25ec644d"), (65, "11655326c708d70319be2610e8a57d9a5b959d3b"),
            (119, "ee971065aaa017e0632a8ca6c77bb3bf8b1dfc56"), (120, "f34c1488385346a55709ba056ddd08280dd4c6d6"),
        ]
    )
    func padding(_ count: Int, _ digest: String) {
        #expect(hex([UInt8](repeating: UInt8(ascii: "a"), count: count)) == digest)
    }
}

@Suite("Timestamps")
struct TimestampTests {
    @Test(
        "Moments are written as RFC 3339 with six digits",
        arguments: [
            (0, "1970-01-01T00:00:00.000000Z"), (1, "1970-01-01T00:00:00.000001Z"),
            (1_577_836_800_000_000, "2020-01-01T00:00:00.000000Z"),
            (951_782_399_999_999, "2000-02-28T23:59:59.999999Z"),
            (1_709_164_800_000_000, "2024-02-29T00:00:00.000000Z"), (-1, "1969-12-31T23:59:59.999999Z"),
            (253_402_300_799_999_999, "9999-12-31T23:59:59.999999Z"),
            (-62_135_596_800_000_000, "0001-01-01T00:00:00.000000Z"),
            (4_107_542_399_999_999, "2100-02-28T23:59:59.999999Z"),
            (-62_135_596_800_000_001, "0000-12-31T23:59:59.999999Z"),
            (253_402_300_800_000_000, "+10000-01-01T00:00:00.000000Z"),
        ] as [(Int64, String)]
    )
    func written(_ microseconds: Int64, _ text: String) {
        #expect(Timestamp(microseconds: microseconds).description == text)
    }

    @Test("The farthest moments are written without trouble")
    func extremes() {
        #expect(Timestamp(microseconds: .max).description == "+294247-01-10T04:00:54.775807Z")
        #expect(Timestamp(microseconds: .min).description == "-290308-12-21T19:59:05.224192Z")
    }
}
