alter event trigger watch rename to look;
alter event trigger look enable always;
