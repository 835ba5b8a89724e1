-- Stand-in for pgcrypto, for throwaway servers that lack it: random bytes, hashes and HMACs really, in SQL; what is left raises an
-- error that names it. Only functions of pg_catalog are called by name, so that the extension may be moved to any schema.

CREATE FUNCTION gen_random_uuid() RETURNS uuid
    LANGUAGE sql VOLATILE PARALLEL SAFE
    AS $$ SELECT pg_catalog.gen_random_uuid() $$;

CREATE FUNCTION fips_mode() RETURNS boolean
    LANGUAGE sql VOLATILE STRICT PARALLEL SAFE
    AS $$ SELECT false $$;

CREATE FUNCTION gen_random_bytes(integer) RETURNS bytea
    LANGUAGE plpgsql VOLATILE STRICT PARALLEL SAFE
    AS $$
DECLARE
    answer bytea := '';
BEGIN
    IF $1 < 1 OR $1 > 1024 THEN
        RAISE EXCEPTION 'Length not in range' USING ERRCODE = 'external_routine_invocation_exception';
    END IF;
    WHILE pg_catalog.length(answer) < $1 LOOP
        -- Some bits of a UUID are fixed; hashed, those of two of them spread over all 32 bytes.
        answer := answer || pg_catalog.sha256(
            pg_catalog.uuid_send(pg_catalog.gen_random_uuid()) || pg_catalog.uuid_send(pg_catalog.gen_random_uuid()));
    END LOOP;
    RETURN pg_catalog.substring(answer, 1, $1);
END
$$;

CREATE FUNCTION digest(bytea, text) RETURNS bytea
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE
    AS $$
DECLARE
    message bytea := $1;
    hash bytea;
    size bigint := pg_catalog.length(message);
    mask constant bigint := 4294967295;
    h0 bigint := 1732584193; h1 bigint := 4023233417; h2 bigint := 2562383102; h3 bigint := 271733878; h4 bigint := 3285377520;
    a bigint; b bigint; c bigint; d bigint; e bigint; f bigint; k bigint; next_a bigint;
    w bigint[];
    start integer;
    t integer;
BEGIN
    CASE pg_catalog.lower($2)
        WHEN 'md5' THEN RETURN pg_catalog.decode(pg_catalog.md5(message), 'hex');
        WHEN 'sha224' THEN RETURN pg_catalog.sha224(message);
        WHEN 'sha256' THEN RETURN pg_catalog.sha256(message);
        WHEN 'sha384' THEN RETURN pg_catalog.sha384(message);
        WHEN 'sha512' THEN RETURN pg_catalog.sha512(message);
        WHEN 'sha1' THEN NULL;
        ELSE
            RAISE EXCEPTION 'Cannot use "%": the stand-in for pgcrypto has no such hash algorithm', $2
                USING ERRCODE = 'feature_not_supported';
    END CASE;
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
    RETURN hash;
END
$$;

CREATE FUNCTION digest(text, text) RETURNS bytea
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE
    AS $$
DECLARE
    home name := (SELECT n.nspname FROM pg_catalog.pg_extension e JOIN pg_catalog.pg_namespace n ON n.oid = e.extnamespace
                  WHERE e.extname = 'pgcrypto');
    answer bytea;
BEGIN
    EXECUTE pg_catalog.format('SELECT %I.digest($1, $2)', home)
        INTO answer USING pg_catalog.convert_to($1, pg_catalog.getdatabaseencoding()), $2;
    RETURN answer;
END
$$;

CREATE FUNCTION hmac(bytea, bytea, text) RETURNS bytea
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE
    AS $$
DECLARE
    home name := (SELECT n.nspname FROM pg_catalog.pg_extension e JOIN pg_catalog.pg_namespace n ON n.oid = e.extnamespace
                  WHERE e.extname = 'pgcrypto');
    hash_of text := pg_catalog.format('SELECT %I.digest($1, $2)', home);
    block integer := CASE WHEN pg_catalog.lower($3) IN ('sha384', 'sha512') THEN 128 ELSE 64 END;
    key bytea := $2;
    inner_pad bytea;
    outer_pad bytea;
    answer bytea;
    at integer;
BEGIN
    IF pg_catalog.length(key) > block THEN
        EXECUTE hash_of INTO key USING key, $3;
    END IF;
    key := key || pg_catalog.decode(pg_catalog.repeat('00', block - pg_catalog.length(key)), 'hex');
    inner_pad := key;
    outer_pad := key;
    FOR at IN 0..block - 1 LOOP
        inner_pad := pg_catalog.set_byte(inner_pad, at, pg_catalog.get_byte(key, at) # 54);
        outer_pad := pg_catalog.set_byte(outer_pad, at, pg_catalog.get_byte(key, at) # 92);
    END LOOP;
    EXECUTE hash_of INTO answer USING inner_pad || $1, $3;
    EXECUTE hash_of INTO answer USING outer_pad || answer, $3;
    RETURN answer;
END
$$;

CREATE FUNCTION hmac(text, text, text) RETURNS bytea
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE
    AS $$
DECLARE
    home name := (SELECT n.nspname FROM pg_catalog.pg_extension e JOIN pg_catalog.pg_namespace n ON n.oid = e.extnamespace
                  WHERE e.extname = 'pgcrypto');
    encoding text := pg_catalog.getdatabaseencoding();
    answer bytea;
BEGIN
    EXECUTE pg_catalog.format('SELECT %I.hmac($1, $2, $3)', home)
        INTO answer USING pg_catalog.convert_to($1, encoding), pg_catalog.convert_to($2, encoding), $3;
    RETURN answer;
END
$$;

-- What SQL can't do in reasonable length or time.

CREATE FUNCTION crypt(text, text) RETURNS text
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE
    AS $$ BEGIN
        RAISE EXCEPTION 'stand-in for pgcrypto cannot crypt()'
            USING ERRCODE = 'feature_not_supported', HINT = 'Use a PostgreSQL that has pgcrypto: its contrib package, or --server URL.';
    END $$;

CREATE FUNCTION gen_salt(text) RETURNS text
    LANGUAGE plpgsql VOLATILE STRICT PARALLEL SAFE
    AS $$ BEGIN
        RAISE EXCEPTION 'stand-in for pgcrypto cannot gen_salt()'
            USING ERRCODE = 'feature_not_supported', HINT = 'Use a PostgreSQL that has pgcrypto: its contrib package, or --server URL.';
    END $$;

CREATE FUNCTION gen_salt(text, integer) RETURNS text
    LANGUAGE plpgsql VOLATILE STRICT PARALLEL SAFE
    AS $$ BEGIN
        RAISE EXCEPTION 'stand-in for pgcrypto cannot gen_salt()'
            USING ERRCODE = 'feature_not_supported', HINT = 'Use a PostgreSQL that has pgcrypto: its contrib package, or --server URL.';
    END $$;

CREATE FUNCTION encrypt(bytea, bytea, text) RETURNS bytea
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE
    AS $$ BEGIN
        RAISE EXCEPTION 'stand-in for pgcrypto cannot encrypt()'
            USING ERRCODE = 'feature_not_supported', HINT = 'Use a PostgreSQL that has pgcrypto: its contrib package, or --server URL.';
    END $$;

CREATE FUNCTION decrypt(bytea, bytea, text) RETURNS bytea
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE
    AS $$ BEGIN
        RAISE EXCEPTION 'stand-in for pgcrypto cannot decrypt()'
            USING ERRCODE = 'feature_not_supported', HINT = 'Use a PostgreSQL that has pgcrypto: its contrib package, or --server URL.';
    END $$;

CREATE FUNCTION encrypt_iv(bytea, bytea, bytea, text) RETURNS bytea
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE
    AS $$ BEGIN
        RAISE EXCEPTION 'stand-in for pgcrypto cannot encrypt_iv()'
            USING ERRCODE = 'feature_not_supported', HINT = 'Use a PostgreSQL that has pgcrypto: its contrib package, or --server URL.';
    END $$;

CREATE FUNCTION decrypt_iv(bytea, bytea, bytea, text) RETURNS bytea
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE
    AS $$ BEGIN
        RAISE EXCEPTION 'stand-in for pgcrypto cannot decrypt_iv()'
            USING ERRCODE = 'feature_not_supported', HINT = 'Use a PostgreSQL that has pgcrypto: its contrib package, or --server URL.';
    END $$;

CREATE FUNCTION pgp_sym_encrypt(text, text) RETURNS bytea
    LANGUAGE plpgsql VOLATILE STRICT PARALLEL SAFE
    AS $$ BEGIN
        RAISE EXCEPTION 'stand-in for pgcrypto cannot pgp_sym_encrypt()'
            USING ERRCODE = 'feature_not_supported', HINT = 'Use a PostgreSQL that has pgcrypto: its contrib package, or --server URL.';
    END $$;

CREATE FUNCTION pgp_sym_encrypt(text, text, text) RETURNS bytea
    LANGUAGE plpgsql VOLATILE STRICT PARALLEL SAFE
    AS $$ BEGIN
        RAISE EXCEPTION 'stand-in for pgcrypto cannot pgp_sym_encrypt()'
            USING ERRCODE = 'feature_not_supported', HINT = 'Use a PostgreSQL that has pgcrypto: its contrib package, or --server URL.';
    END $$;

CREATE FUNCTION pgp_sym_encrypt_bytea(bytea, text) RETURNS bytea
    LANGUAGE plpgsql VOLATILE STRICT PARALLEL SAFE
    AS $$ BEGIN
        RAISE EXCEPTION 'stand-in for pgcrypto cannot pgp_sym_encrypt_bytea()'
            USING ERRCODE = 'feature_not_supported', HINT = 'Use a PostgreSQL that has pgcrypto: its contrib package, or --server URL.';
    END $$;

CREATE FUNCTION pgp_sym_encrypt_bytea(bytea, text, text) RETURNS bytea
    LANGUAGE plpgsql VOLATILE STRICT PARALLEL SAFE
    AS $$ BEGIN
        RAISE EXCEPTION 'stand-in for pgcrypto cannot pgp_sym_encrypt_bytea()'
            USING ERRCODE = 'feature_not_supported', HINT = 'Use a PostgreSQL that has pgcrypto: its contrib package, or --server URL.';
    END $$;

CREATE FUNCTION pgp_sym_decrypt(bytea, text) RETURNS text
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE
    AS $$ BEGIN
        RAISE EXCEPTION 'stand-in for pgcrypto cannot pgp_sym_decrypt()'
            USING ERRCODE = 'feature_not_supported', HINT = 'Use a PostgreSQL that has pgcrypto: its contrib package, or --server URL.';
    END $$;

CREATE FUNCTION pgp_sym_decrypt(bytea, text, text) RETURNS text
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE
    AS $$ BEGIN
        RAISE EXCEPTION 'stand-in for pgcrypto cannot pgp_sym_decrypt()'
            USING ERRCODE = 'feature_not_supported', HINT = 'Use a PostgreSQL that has pgcrypto: its contrib package, or --server URL.';
    END $$;

CREATE FUNCTION pgp_sym_decrypt_bytea(bytea, text) RETURNS bytea
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE
    AS $$ BEGIN
        RAISE EXCEPTION 'stand-in for pgcrypto cannot pgp_sym_decrypt_bytea()'
            USING ERRCODE = 'feature_not_supported', HINT = 'Use a PostgreSQL that has pgcrypto: its contrib package, or --server URL.';
    END $$;

CREATE FUNCTION pgp_sym_decrypt_bytea(bytea, text, text) RETURNS bytea
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE
    AS $$ BEGIN
        RAISE EXCEPTION 'stand-in for pgcrypto cannot pgp_sym_decrypt_bytea()'
            USING ERRCODE = 'feature_not_supported', HINT = 'Use a PostgreSQL that has pgcrypto: its contrib package, or --server URL.';
    END $$;

CREATE FUNCTION pgp_pub_encrypt(text, bytea) RETURNS bytea
    LANGUAGE plpgsql VOLATILE STRICT PARALLEL SAFE
    AS $$ BEGIN
        RAISE EXCEPTION 'stand-in for pgcrypto cannot pgp_pub_encrypt()'
            USING ERRCODE = 'feature_not_supported', HINT = 'Use a PostgreSQL that has pgcrypto: its contrib package, or --server URL.';
    END $$;

CREATE FUNCTION pgp_pub_encrypt(text, bytea, text) RETURNS bytea
    LANGUAGE plpgsql VOLATILE STRICT PARALLEL SAFE
    AS $$ BEGIN
        RAISE EXCEPTION 'stand-in for pgcrypto cannot pgp_pub_encrypt()'
            USING ERRCODE = 'feature_not_supported', HINT = 'Use a PostgreSQL that has pgcrypto: its contrib package, or --server URL.';
    END $$;

CREATE FUNCTION pgp_pub_encrypt_bytea(bytea, bytea) RETURNS bytea
    LANGUAGE plpgsql VOLATILE STRICT PARALLEL SAFE
    AS $$ BEGIN
        RAISE EXCEPTION 'stand-in for pgcrypto cannot pgp_pub_encrypt_bytea()'
            USING ERRCODE = 'feature_not_supported', HINT = 'Use a PostgreSQL that has pgcrypto: its contrib package, or --server URL.';
    END $$;

CREATE FUNCTION pgp_pub_encrypt_bytea(bytea, bytea, text) RETURNS bytea
    LANGUAGE plpgsql VOLATILE STRICT PARALLEL SAFE
    AS $$ BEGIN
        RAISE EXCEPTION 'stand-in for pgcrypto cannot pgp_pub_encrypt_bytea()'
            USING ERRCODE = 'feature_not_supported', HINT = 'Use a PostgreSQL that has pgcrypto: its contrib package, or --server URL.';
    END $$;

CREATE FUNCTION pgp_pub_decrypt(bytea, bytea) RETURNS text
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE
    AS $$ BEGIN
        RAISE EXCEPTION 'stand-in for pgcrypto cannot pgp_pub_decrypt()'
            USING ERRCODE = 'feature_not_supported', HINT = 'Use a PostgreSQL that has pgcrypto: its contrib package, or --server URL.';
    END $$;

CREATE FUNCTION pgp_pub_decrypt(bytea, bytea, text) RETURNS text
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE
    AS $$ BEGIN
        RAISE EXCEPTION 'stand-in for pgcrypto cannot pgp_pub_decrypt()'
            USING ERRCODE = 'feature_not_supported', HINT = 'Use a PostgreSQL that has pgcrypto: its contrib package, or --server URL.';
    END $$;

CREATE FUNCTION pgp_pub_decrypt(bytea, bytea, text, text) RETURNS text
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE
    AS $$ BEGIN
        RAISE EXCEPTION 'stand-in for pgcrypto cannot pgp_pub_decrypt()'
            USING ERRCODE = 'feature_not_supported', HINT = 'Use a PostgreSQL that has pgcrypto: its contrib package, or --server URL.';
    END $$;

CREATE FUNCTION pgp_pub_decrypt_bytea(bytea, bytea) RETURNS bytea
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE
    AS $$ BEGIN
        RAISE EXCEPTION 'stand-in for pgcrypto cannot pgp_pub_decrypt_bytea()'
            USING ERRCODE = 'feature_not_supported', HINT = 'Use a PostgreSQL that has pgcrypto: its contrib package, or --server URL.';
    END $$;

CREATE FUNCTION pgp_pub_decrypt_bytea(bytea, bytea, text) RETURNS bytea
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE
    AS $$ BEGIN
        RAISE EXCEPTION 'stand-in for pgcrypto cannot pgp_pub_decrypt_bytea()'
            USING ERRCODE = 'feature_not_supported', HINT = 'Use a PostgreSQL that has pgcrypto: its contrib package, or --server URL.';
    END $$;

CREATE FUNCTION pgp_pub_decrypt_bytea(bytea, bytea, text, text) RETURNS bytea
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE
    AS $$ BEGIN
        RAISE EXCEPTION 'stand-in for pgcrypto cannot pgp_pub_decrypt_bytea()'
            USING ERRCODE = 'feature_not_supported', HINT = 'Use a PostgreSQL that has pgcrypto: its contrib package, or --server URL.';
    END $$;

CREATE FUNCTION pgp_key_id(bytea) RETURNS text
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE
    AS $$ BEGIN
        RAISE EXCEPTION 'stand-in for pgcrypto cannot pgp_key_id()'
            USING ERRCODE = 'feature_not_supported', HINT = 'Use a PostgreSQL that has pgcrypto: its contrib package, or --server URL.';
    END $$;

CREATE FUNCTION armor(bytea) RETURNS text
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE
    AS $$ BEGIN
        RAISE EXCEPTION 'stand-in for pgcrypto cannot armor()'
            USING ERRCODE = 'feature_not_supported', HINT = 'Use a PostgreSQL that has pgcrypto: its contrib package, or --server URL.';
    END $$;

CREATE FUNCTION armor(bytea, text[], text[]) RETURNS text
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE
    AS $$ BEGIN
        RAISE EXCEPTION 'stand-in for pgcrypto cannot armor()'
            USING ERRCODE = 'feature_not_supported', HINT = 'Use a PostgreSQL that has pgcrypto: its contrib package, or --server URL.';
    END $$;

CREATE FUNCTION dearmor(text) RETURNS bytea
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE
    AS $$ BEGIN
        RAISE EXCEPTION 'stand-in for pgcrypto cannot dearmor()'
            USING ERRCODE = 'feature_not_supported', HINT = 'Use a PostgreSQL that has pgcrypto: its contrib package, or --server URL.';
    END $$;

CREATE FUNCTION pgp_armor_headers(text, OUT key text, OUT value text) RETURNS SETOF record
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE
    AS $$ BEGIN
        RAISE EXCEPTION 'stand-in for pgcrypto cannot pgp_armor_headers()'
            USING ERRCODE = 'feature_not_supported', HINT = 'Use a PostgreSQL that has pgcrypto: its contrib package, or --server URL.';
    END $$;
