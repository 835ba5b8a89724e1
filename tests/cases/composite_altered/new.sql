alter type address rename attribute street to road;
alter type address alter attribute zip type text;
alter type address add attribute country char(2);
