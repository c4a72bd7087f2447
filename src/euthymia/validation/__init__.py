"""The model beside studies that were held out."""
