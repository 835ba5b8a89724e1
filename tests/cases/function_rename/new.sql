alter function compute(int) rename to next_number;
