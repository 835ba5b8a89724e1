-- guests sort below members
ALTER TYPE identity.member_role ADD VALUE IF NOT EXISTS 'guest' BEFORE 'member';
