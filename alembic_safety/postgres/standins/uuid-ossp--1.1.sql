-- Stand-in for uuid-ossp, for throwaway servers that lack it. Same names, arguments and results; no C.
-- Only functions of pg_catalog are called, so that the extension may be moved to any schema.

CREATE FUNCTION uuid_nil() RETURNS uuid
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    AS $$ SELECT '00000000-0000-0000-0000-000000000000'::pg_catalog.uuid $$;

CREATE FUNCTION uuid_ns_dns() RETURNS uuid
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    AS $$ SELECT '6ba7b810-9dad-11d1-80b4-00c04fd430c8'::pg_catalog.uuid $$;

CREATE FUNCTION uuid_ns_url() RETURNS uuid
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    AS $$ SELECT '6ba7b811-9dad-11d1-80b4-00c04fd430c8'::pg_catalog.uuid $$;

CREATE FUNCTION uuid_ns_oid() RETURNS uuid
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    AS $$ SELECT '6ba7b812-9dad-11d1-80b4-00c04fd430c8'::pg_catalog.uuid $$;

CREATE FUNCTION uuid_ns_x500() RETURNS uuid
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    AS $$ SELECT '6ba7b814-9dad-11d1-80b4-00c04fd430c8'::pg_catalog.uuid $$;

-- Version 1 with a random node, which RFC 9562 allows when its multicast bit is set: a throwaway server has no address to show.
CREATE FUNCTION uuid_generate_v1mc() RETURNS uuid
    LANGUAGE plpgsql VOLATILE STRICT PARALLEL SAFE
    AS $$
DECLARE
    -- 100-nanosecond steps since 15 October 1582
    ticks bigint := (pg_catalog.date_part('epoch', pg_catalog.clock_timestamp()) * 1000000)::bigint * 10
                    + 122192928000000000 + pg_catalog.floor(pg_catalog.random() * 10)::bigint;
    noise bytea := pg_catalog.uuid_send(pg_catalog.gen_random_uuid());
    answer bytea := pg_catalog.int8send(0) || pg_catalog.int8send(0);
    at integer;
BEGIN
    FOR at IN 0..3 LOOP
        answer := pg_catalog.set_byte(answer, at, ((ticks >> (8 * (3 - at))) & 255)::integer);
    END LOOP;
    FOR at IN 0..1 LOOP
        answer := pg_catalog.set_byte(answer, 4 + at, ((ticks >> (40 - 8 * at)) & 255)::integer);
    END LOOP;
    answer := pg_catalog.set_byte(answer, 6, (((ticks >> 56) & 15) | 16)::integer);
    answer := pg_catalog.set_byte(answer, 7, ((ticks >> 48) & 255)::integer);
    answer := pg_catalog.set_byte(answer, 8, (pg_catalog.get_byte(noise, 0) & 63) | 128);
    answer := pg_catalog.set_byte(answer, 9, pg_catalog.get_byte(noise, 1));
    FOR at IN 10..15 LOOP
        answer := pg_catalog.set_byte(answer, at, pg_catalog.get_byte(noise, at));
    END LOOP;
    answer := pg_catalog.set_byte(answer, 10, pg_catalog.get_byte(answer, 10) | 1);
    RETURN pg_catalog.encode(answer, 'hex')::pg_catalog.uuid;
END
$$;

CREATE FUNCTION uuid_generate_v1() RETURNS uuid
    LANGUAGE plpgsql VOLATILE STRICT PARALLEL SAFE
    AS $$
DECLARE
    home name := (SELECT n.nspname FROM pg_catalog.pg_extension e JOIN pg_catalog.pg_namespace n ON n.oid = e.extnamespace
                  WHERE e.extname = 'uuid-ossp');
    answer uuid;
BEGIN
    EXECUTE pg_catalog.format('SELECT %I.uuid_generate_v1mc()', home) INTO answer;
    RETURN answer;
END
$$;

CREATE FUNCTION uuid_generate_v4() RETURNS uuid
    LANGUAGE sql VOLATILE STRICT PARALLEL SAFE
    AS $$ SELECT pg_catalog.gen_random_uuid() $$;

CREATE FUNCTION uuid_generate_v3(namespace uuid, name text) RETURNS uuid
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE
    AS $$
DECLARE
    hash bytea := pg_catalog.decode(pg_catalog.md5(
        pg_catalog.uuid_send(namespace) || pg_catalog.convert_to(name, pg_catalog.getdatabaseencoding())), 'hex');
BEGIN
    hash := pg_catalog.set_byte(hash, 6, (pg_catalog.get_byte(hash, 6) & 15) | 48);
    hash := pg_catalog.set_byte(hash, 8, (pg_catalog.get_byte(hash, 8) & 63) | 128);
    RETURN pg_catalog.encode(hash, 'hex')::pg_catalog.uuid;
END
$$;

CREATE FUNCTION uuid_generate_v5(namespace uuid, name text) RETURNS uuid
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE
    AS $$
DECLARE
    message bytea := pg_catalog.uuid_send(namespace) || pg_catalog.convert_to(name, pg_catalog.getdatabaseencoding());
    hash bytea;
    size bigint := pg_catalog.length(message);
    mask constant bigint := 4294967295;
    h0 bigint := 1732584193; h1 bigint := 4023233417; h2 bigint := 2562383102; h3 bigint := 271733878; h4 bigint := 3285377520;
    a bigint; b bigint; c bigint; d bigint; e bigint; f bigint; k bigint; next_a bigint;
    w bigint[];
    start integer;
    t integer;
BEGIN
    -- SHA-1 (FIPS 180-4), on bigint so that 32-bit sums don't overflow.
    message := message || '\x80'::bytea
        || pg_catalog.decode(pg_catalog.repeat('00', ((119 - size % 64) % 64)::integer), 'hex') || pg_catalog.int8send(size * 8);
    FOR start IN 0..pg_catalog.length(message) - 1 BY 64 LOOP
        w := '{}';
        FOR t IN 0..15 LOOP
            w[t] := (pg_catalog.get_byte(message, start + 4 * t)::bigint << 24)
                    | (pg_catalog.get_byte(message, start + 4 * t + 1) << 16)
                    | (pg_catalog.get_byte(message, start + 4 * t + 2) << 8)
                    | pg_catalog.get_byte(message, start + 4 * t + 3);
        END LOOP;
        FOR t IN 16..79 LOOP
            f := w[t - 3] # w[t - 8] # w[t - 14] # w[t - 16];
            w[t] := ((f << 1) | (f >> 31)) & mask;
        END LOOP;
        a := h0; b := h1; c := h2; d := h3; e := h4;
        FOR t IN 0..79 LOOP
            IF t < 20 THEN
                f := (b & c) | ((~b) & mask & d); k := 1518500249;
            ELSIF t < 40 THEN
                f := b # c # d; k := 1859775393;
            ELSIF t < 60 THEN
                f := (b & c) | (b & d) | (c & d); k := 2400959708;
            ELSE
                f := b # c # d; k := 3395469782;
            END IF;
            next_a := ((((a << 5) | (a >> 27)) & mask) + f + e + k + w[t]) & mask;
            e := d; d := c; c := ((b << 30) | (b >> 2)) & mask; b := a; a := next_a;
        END LOOP;
        h0 := (h0 + a) & mask; h1 := (h1 + b) & mask; h2 := (h2 + c) & mask; h3 := (h3 + d) & mask; h4 := (h4 + e) & mask;
    END LOOP;
    hash := pg_catalog.substring(pg_catalog.int8send(h0), 5) || pg_catalog.substring(pg_catalog.int8send(h1), 5)
        || pg_catalog.substring(pg_catalog.int8send(h2), 5) || pg_catalog.substring(pg_catalog.int8send(h3), 5)
        || pg_catalog.substring(pg_catalog.int8send(h4), 5);
    hash := pg_catalog.substring(hash, 1, 16);
    hash := pg_catalog.set_byte(hash, 6, (pg_catalog.get_byte(hash, 6) & 15) | 80);
    hash := pg_catalog.set_byte(hash, 8, (pg_catalog.get_byte(hash, 8) & 63) | 128);
    RETURN pg_catalog.encode(hash, 'hex')::pg_catalog.uuid;
END
$$;
