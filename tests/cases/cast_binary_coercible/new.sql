create cast (text as mood) with inout as assignment;
create cast (mood as text) with inout as assignment;
