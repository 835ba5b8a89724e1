alter function trim_all(text) set schema util;
