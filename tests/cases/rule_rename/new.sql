alter rule nothing on t rename to keep;
