//! Matrix multiplication as a subnet: the template, rendered.
